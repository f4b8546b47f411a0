// SPDX-License-Identifier: Apache-2.0
/**
 * What can be recovered: which moments, from which backup, with which WAL, and what is missing. Values in, values out:
 * nothing here reads a repository, and no other module decides whether a moment or a backup can be recovered. Restore,
 * retention, check, list-backup, status and verify all ask these types.
 *
 * <p>{@link org.tidemark.recoverability.CatalogSnapshot} is what one or several repositories hold of an incarnation;
 * its {@code problems} says why no recovery can begin with a backup.
 * {@link org.tidemark.recoverability.RecoveryPlanner} plans a recovery; {@link org.tidemark.recoverability.PathWal}
 * counts what WAL is missing on its path, with partial segments, and
 * {@link org.tidemark.recoverability.RecoverableIntervals} says which moments can be reached. The times that WAL
 * contains are asked for through {@link org.tidemark.recoverability.WrittenTimes}; what a search for a target in WAL
 * has found is a {@link org.tidemark.recoverability.SearchedWal}.
 */
package org.tidemark.recoverability;
