// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

/** Hears how a verification goes on. Called by the thread that verifies; must not throw and not wait. */
@FunctionalInterface
public interface VerifyListener {
    /** What was read so far. */
    void progress(long objects, long bytes);
}
