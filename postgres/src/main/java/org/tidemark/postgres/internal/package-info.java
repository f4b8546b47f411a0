// SPDX-License-Identifier: Apache-2.0
/**
 * How the connection to PostgreSQL is made: connection strings as libpq reads them, login through pgjdbc over sockets
 * that we hand out, and the replication protocol spoken by hand on them. Not for other modules.
 */
package org.tidemark.postgres.internal;
