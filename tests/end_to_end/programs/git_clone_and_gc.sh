export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_DATE='1700000000 +0000'
git config --global user.email trap@example.org
git config --global user.name Trap
git config --global pack.threads 2
git init -q origin
cd origin
for i in $(seq 30); do
  mkdir -p folder$((i % 7))
  seq $((i * 100)) >folder$((i % 7))/file$i
  seq $((i * 300)) >growing
  git add .
  git commit -qm "Change $i"
done
cd ..
git clone -q --no-local origin clone
cd clone
git gc -q --aggressive --prune=now
git fsck --full 2>&1
git log --stat | md5sum
git rev-parse HEAD
