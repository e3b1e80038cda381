cat >work.pl <<'END'
use strict; use warnings; use threads;
my %h;
for my $i (1..100000) { $h{"k$i"} = "v" x ($i % 100); delete $h{"k" . int($i / 2)} if $i % 3 == 0 }
print scalar(keys %h), "\n", length(join(",", sort keys %h)), "\n";
my $text = "abc " x 100000; $text =~ s/(b)(c)/$2$1/g; print length($text), "\n";
for (1..20) { my $pid = fork() // die; if (!$pid) { my @a = map { "x" x $_ } 1..500; exit 3 } waitpid($pid, 0); die if $? >> 8 != 3 }
my @t = map { threads->create(sub { my %own = map { $_ => "y" x 50 } 1..5000; scalar keys %own }) } 1..4;
print join(" ", map { $_->join } @t), "\n";
END
exec perl work.pl
