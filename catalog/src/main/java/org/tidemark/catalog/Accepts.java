// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

/** What a repository takes, from any host and however that is configured: decided once, when it is made. */
public enum Accepts {
    ANYTHING,
    /** Nothing in the clear but what always is. */
    ENCRYPTED
}
