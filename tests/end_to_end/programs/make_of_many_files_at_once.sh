for i in $(seq 40); do echo "int f$i(int x) { return x * $i; }" >f$i.c; done
{
  echo 'all: $(patsubst %.c,%.o,$(wildcard *.c))'
  printf '\tar rcs libf.a $^\n'
  printf '%%.o: %%.c\n\tgcc -O2 -c $< -o $@\n'
} >Makefile
make -s -j2
nm libf.a | grep -c ' T f'
