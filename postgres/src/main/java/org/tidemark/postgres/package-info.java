// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that knows PostgreSQL's files and protocol: the control file, WAL pages, page checksums, backup_label,
 * backup_manifest and settings files as pure parsers over bytes, and the replication connection. Each names the file of
 * PostgreSQL's sources that it mirrors.
 */
package org.tidemark.postgres;
