// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

/**
 * The process of the server that serves a replication connection. Immutable.
 *
 * @param address the one of the connection settings that answered
 * @param processId as pg_stat_activity shows it
 */
public record WalSender(ServerAddress address, int processId) {}
