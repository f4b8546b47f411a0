// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

/** Where a page is read. */
public enum Surroundings {
    /** From {@code serve}: with a style sheet, a script, and links from cluster to cluster. */
    SERVED,
    /** From one file, wherever it was sent to: it has all that it needs, no script, and links to its own parts. */
    FILE
}
