// SPDX-License-Identifier: Apache-2.0
/**
 * The commands for WAL. It sees what every command works with, and how PostgreSQL's own two read their arguments; no
 * other group.
 */
package org.tidemark.cli.command.wal;
