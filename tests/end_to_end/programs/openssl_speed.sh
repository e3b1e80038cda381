openssl speed -seconds 1 -bytes 1024 sha256 >speed 2>&1
grep -c '^sha256 ' speed
