// SPDX-License-Identifier: Apache-2.0
/** The backups of a cluster over all its repositories: what is where, in which state, and which one is meant. */
package org.tidemark.operations.backups;
