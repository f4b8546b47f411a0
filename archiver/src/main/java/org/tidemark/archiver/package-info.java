// SPDX-License-Identifier: Apache-2.0
/**
 * WAL on its way between PostgreSQL and the repositories: {@code push} and {@code fetch} are what archive_command and
 * restore_command run, {@code queue} keeps what lagging repositories lack, {@code ahead} archives before PostgreSQL
 * asks, {@code prefetch} fetches before it asks, and {@code receive} takes WAL while it is written. Nothing here
 * decides what PostgreSQL is told; see the statuses in the launcher.
 */
package org.tidemark.archiver;
