// SPDX-License-Identifier: Apache-2.0
/**
 * The two commands that PostgreSQL runs for each segment: wal-push and wal-fetch. Start-up is most of their time, so
 * they parse their few arguments by hand and load no library for commands, JSON documents or databases.
 */
package org.tidemark.cli.wal;
