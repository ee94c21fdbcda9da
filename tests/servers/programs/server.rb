# SPDX-License-Identifier: GPL-3.0-or-later
# PORT: answers GET /?waste=BYTES&keep=BYTES: makes garbage, and keeps as much.
require 'webrick'

kept = []
server = WEBrick::HTTPServer.new(Port: ARGV[0].to_i, BindAddress: '127.0.0.1', AccessLog: [])
server.mount_proc('/') do |request, response|
  waste = (1..request.query['waste'].to_i / 64).map { |i| "a string that is thrown away, number #{i}" }
  kept << Array.new(request.query['keep'].to_i / 1000) { |i| "#{i}" + 'x' * 950 }
  kept.clear if request.query['keep'].to_i.zero?
  response.body = waste.size.to_s
end
server.start
