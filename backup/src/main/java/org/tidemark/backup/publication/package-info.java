// SPDX-License-Identifier: Apache-2.0
/**
 * From bundles to a backup: it exists only when everything is there that it needs. It sees all other packages but the
 * one that takes the backup.
 */
package org.tidemark.backup.publication;
