"""A web server of the scene: answers every request with one text. Usage: scene_server.py ADDRESS PORT TEXT [CERT KEY]"""
import http.server
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = sys.argv[3].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):  # without the base class's look-up of our host name, which may take seconds
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.server_address

    def handle_error(self, *_):
        pass  # a client that refuses our certificate is what this server is for


server = Server((sys.argv[1], int(sys.argv[2])), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
