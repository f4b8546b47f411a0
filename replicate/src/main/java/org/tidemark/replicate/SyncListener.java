// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

/** Is told how far a copy has come. */
@FunctionalInterface
public interface SyncListener {
    /** So much has been copied by now; called by several threads, one after the other. */
    void copied(long objects, long bytes);
}
