// SPDX-License-Identifier: Apache-2.0
/**
 * WAL push and WAL fetch: what archive_command and restore_command run. Nothing here decides what PostgreSQL is told;
 * see the statuses in the launcher.
 */
package org.tidemark.archiver;
