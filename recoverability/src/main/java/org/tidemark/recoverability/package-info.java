// SPDX-License-Identifier: Apache-2.0
/**
 * What can be recovered: which moments, from which backup, with which WAL, and what is missing. Values in, values out:
 * nothing here reads a repository, and no other module decides whether a moment or a backup can be recovered. Restore,
 * retention, check, list-backup, status and verify all ask these types.
 */
package org.tidemark.recoverability;
