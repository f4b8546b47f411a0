// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

/** What came of storing a WAL file; both mean that it is durable. */
public enum PutOutcome {
    STORED,
    /** The same content was there, and was read whole to be sure. */
    ALREADY_THERE
}
