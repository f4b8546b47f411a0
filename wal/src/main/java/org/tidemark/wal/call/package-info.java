// SPDX-License-Identifier: Apache-2.0
/**
 * A call of archive_command or restore_command: its arguments, and what they mean with the configuration. Start-up is
 * most of the time of such a call, so no library for commands, JSON documents or databases is loaded for it.
 */
package org.tidemark.wal.call;
