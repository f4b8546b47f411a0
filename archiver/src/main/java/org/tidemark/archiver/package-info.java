// SPDX-License-Identifier: Apache-2.0
/**
 * Takes WAL into the archive and hands it out again: what stands behind archive_command and restore_command. Nothing
 * here decides what PostgreSQL is told; see the statuses in the launcher.
 */
package org.tidemark.archiver;
