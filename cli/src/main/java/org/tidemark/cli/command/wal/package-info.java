// SPDX-License-Identifier: Apache-2.0
/** The commands for WAL. It sees what every command works with, and no other group. */
package org.tidemark.cli.command.wal;
