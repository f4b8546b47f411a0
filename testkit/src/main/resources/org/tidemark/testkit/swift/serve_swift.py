# SPDX-License-Identifier: Apache-2.0
"""Serves Swift from a directory: makes the rings, then runs its four servers as children of this process.

Usage: serve_swift.py DIRECTORY PROXY-PORT ACCOUNT-PORT CONTAINER-PORT OBJECT-PORT
"""
import os
import signal
import sys

import swift.common.utils as utils

home = sys.argv[1]
# Before anything else is imported: the place of swift.conf is a constant that others read once.
utils.set_swift_dir(home)

from swift.common.ring import RingBuilder
from swift.common.wsgi import run_wsgi
from swift.obj import server as object_server

ports = dict(zip(('proxy', 'account', 'container', 'object'), map(int, sys.argv[2:])))

for kind in ('account', 'container', 'object'):
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': ports[kind], 'replication_ip': '127.0.0.1',
                  'replication_port': ports[kind], 'device': 'd1', 'weight': 1.0, 'meta': ''})
    ring.rebalance()
    ring.get_ring().save('%s/%s.ring.gz' % (home, kind))

children = []
for kind in ports:
    pid = os.fork()
    if pid == 0:
        more = {'global_conf_callback': object_server.global_conf_callback} if kind == 'object' else {}
        sys.exit(run_wsgi('%s/%s-server.conf' % (home, kind), kind + '-server', verbose=True, **more))
    children.append(pid)


def end(*_):
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(0)


signal.signal(signal.SIGTERM, end)
# One that ends by itself could not be started: the rest is of no use without it.
os.wait()
end()
