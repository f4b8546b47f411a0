# SPDX-License-Identifier: Apache-2.0
"""Makes a Keystone with a database in a directory, and serves it.

Usage: serve_keystone.py CONFIGURATION-FILE PORT REGION      with the administrator's password in ADMIN_PASSWORD
"""
import grp
import os
import pwd
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from keystone.cmd import cli
from keystone.server import wsgi

configuration, port, region = sys.argv[1], int(sys.argv[2]), sys.argv[3]
user = pwd.getpwuid(os.getuid()).pw_name
group = grp.getgrgid(os.getgid()).gr_name
address = 'http://127.0.0.1:%d/v3' % port
os.environ['OS_BOOTSTRAP_PASSWORD'] = os.environ['ADMIN_PASSWORD']


def manage(*command):
    """Each in a process of its own: the configuration is read once in the life of a process."""
    pid = os.fork()
    if pid == 0:
        cli.main(['keystone-manage', '--config-file', configuration] + list(command))
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit('keystone-manage %s failed' % command[0])


manage('db_sync')
manage('fernet_setup', '--keystone-user', user, '--keystone-group', group)
manage('credential_setup', '--keystone-user', user, '--keystone-group', group)
manage('bootstrap', '--bootstrap-public-url', address, '--bootstrap-internal-url', address,
       '--bootstrap-admin-url', address, '--bootstrap-region-id', region)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


sys.argv = ['keystone']
os.environ['OS_KEYSTONE_CONFIG_FILES'] = configuration
make_server('127.0.0.1', port, wsgi.initialize_public_application(),
            server_class=Server, handler_class=Handler).serve_forever()
