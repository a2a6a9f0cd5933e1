-- Sends one kind of request to one of many paths in turn; says at the end, as a line of JSON, how it went.
-- Arguments: METHOD TOKEN PATHS-FILE [BODY]

local paths, turn, method, body, headers = {}, 0, nil, nil, nil

function init(args)
  method, body = args[1], args[4]
  headers = { ["Authorization"] = "Bearer " .. args[2], ["Content-Type"] = "application/json" }
  for path in io.lines(args[3]) do paths[#paths + 1] = path end
  math.randomseed(os.time())
  turn = math.random(#paths)
end

function request()
  turn = turn % #paths + 1
  return wrk.format(method, paths[turn], headers, body)
end

function done(summary, latency)
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"refused":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
