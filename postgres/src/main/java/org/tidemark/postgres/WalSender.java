// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * The server process of a replication connection. Immutable.
 *
 * @param address the address of the connection settings that answered
 * @param processId the pid in pg_stat_activity
 */
public record WalSender(ServerAddress address, int processId) {}
