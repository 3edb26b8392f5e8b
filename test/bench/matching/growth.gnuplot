# growth.gnuplot
#	Median and 99th percentile of the CPU a query, as the jobs grow: from the
#	file "data" (jobs, peer, median, p99) to the PNG file "plot".
set terminal pngcairo size 900,520 font "sans,11"
set output plot
set logscale xy
set xlabel "open jobs"
set ylabel "CPU of the backend for the best 20 jobs, µs"
set key outside right top
set grid
set format x "10^{%L}"
row(peer) = sprintf("< awk '$2 == \"%s\"' %s", peer, data)
plot row("match_jobs") using 1:3 with linespoints lw 2 pt 7 lc rgb "#1b6ca8" title "match\\_jobs, median", \
     row("match_jobs") using 1:4 with linespoints dt 2 pt 6 lc rgb "#1b6ca8" title "p99", \
     row("floor") using 1:3 with linespoints lw 2 pt 5 lc rgb "#4c9f38" title "by key, median", \
     row("floor") using 1:4 with linespoints dt 2 pt 4 lc rgb "#4c9f38" title "p99", \
     row("plain") using 1:3 with linespoints lw 2 pt 9 lc rgb "#b5382a" title "plain PostGIS, median", \
     row("plain") using 1:4 with linespoints dt 2 pt 8 lc rgb "#b5382a" title "p99"
