// SPDX-License-Identifier: Apache-2.0
/**
 * PostgreSQL's files and protocol: parsers of the control file, WAL pages, page checksums, backup_label,
 * backup_manifest and settings files, and the replication connection. Each class names the file of PostgreSQL's sources
 * that it follows.
 */
package org.tidemark.postgres;
