// SPDX-License-Identifier: Apache-2.0
/**
 * Base backups in a repository: what says that one exists (backup.json), where each byte of each file is (manifest,
 * bundles, frames), and what was noted about it later (marks). docs/design/repository-format.md fixes every byte.
 */
package org.tidemark.catalog.backup;
