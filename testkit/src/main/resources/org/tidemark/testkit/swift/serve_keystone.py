# SPDX-License-Identifier: Apache-2.0
"""Makes a Keystone with a database in a directory, and serves it.

Usage: serve_keystone.py DIRECTORY PORT REGION      with the administrator's password in ADMIN_PASSWORD
"""
import grp
import os
import pwd
import sqlite3
import sys
from wsgiref import simple_server

from keystone.cmd import cli
from keystone.server import wsgi

home, port, region = sys.argv[1], int(sys.argv[2]), sys.argv[3]
configuration = home + '/keystone.conf'
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
# Keystone leaves connections open that have read, and those keep SQLite's usual journal from being written.
with sqlite3.connect(home + '/keystone.db') as database:
    database.execute('PRAGMA journal_mode = WAL')
database.close()
manage('fernet_setup', '--keystone-user', user, '--keystone-group', group)
manage('credential_setup', '--keystone-user', user, '--keystone-group', group)
manage('bootstrap', '--bootstrap-public-url', address, '--bootstrap-internal-url', address,
       '--bootstrap-admin-url', address, '--bootstrap-region-id', region)


class Answer(simple_server.ServerHandler):
    def send_preamble(self):
        """It closes each connection, and says so: a client may take HTTP/1.0 for one that goes on."""
        super().send_preamble()
        self._write(b'Connection: close\r\n')


class Handler(simple_server.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


sys.argv = ['keystone']
os.environ['OS_KEYSTONE_CONFIG_FILES'] = configuration
simple_server.ServerHandler = Answer
simple_server.make_server('127.0.0.1', port, wsgi.initialize_public_application(), handler_class=Handler).serve_forever()
