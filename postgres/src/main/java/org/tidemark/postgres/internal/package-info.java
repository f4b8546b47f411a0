// SPDX-License-Identifier: Apache-2.0
/**
 * The connection to PostgreSQL: libpq's connection strings, the login through pgjdbc, and the replication protocol on
 * the sockets of that login. Not for other modules.
 */
package org.tidemark.postgres.internal;
