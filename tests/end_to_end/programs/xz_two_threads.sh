seq 1500000 >numbers
xz -T2 -1 -k --block-size=1MiB numbers
xz -dc numbers.xz | md5sum
md5sum <numbers.xz
