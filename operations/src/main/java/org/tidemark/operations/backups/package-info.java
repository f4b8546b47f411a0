// SPDX-License-Identifier: Apache-2.0
/** The backups of a cluster over all its repositories: taking one, what is where, and which one is meant. */
package org.tidemark.operations.backups;
