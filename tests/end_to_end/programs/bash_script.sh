cat >work.sh <<'END'
declare -A a
for i in {1..20000}; do a[$i]="value $i"; done
echo ${#a[@]}
text=; for i in {1..3000}; do text+="$i,"; done; echo ${#text}
for i in {1..100}; do x=$(echo $i | sed s/1/2/); echo -n "$x "; done; echo
find /usr/include -name '*.h' | sort | md5sum
f() { local n=$1; ((n == 0)) || f $((n - 1)); }; f 500
exit 7
END
exec bash work.sh
