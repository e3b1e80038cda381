cat >work.js <<'END'
const {Worker} = require("worker_threads");
const code = `const {parentPort, workerData} = require("worker_threads");
const a = []; for (let i = 0; i < 100000; i++) a.push({i, s: "x" + i, b: Buffer.alloc(i % 300)});
parentPort.postMessage(JSON.stringify(a.map(o => o.s)).length + workerData);`;
let left = 4, sum = 0;
for (let i = 0; i < 4; i++) {
  const w = new Worker(code, {eval: true, workerData: i});
  w.on("message", m => sum += m);
  w.on("exit", c => { if (--left == 0) console.log(sum); });
}
END
node -e "$(cat work.js)"
