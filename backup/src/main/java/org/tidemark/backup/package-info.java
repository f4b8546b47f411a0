// SPDX-License-Identifier: Apache-2.0
/**
 * Taking base backups: a source gives the files, they are cut into frames, compressed, stored and checked on the way,
 * and the backup exists only when everything that a restore needs is in the repository. This package takes the steps in
 * their order, and it sees all packages below it.
 */
package org.tidemark.backup;
