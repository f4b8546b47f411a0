// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.util.Optional;

/**
 * A stream that can say by which name the store knows the content that it reads, such as an ETag or a generation: so
 * whoever goes on after a break can tell whether it is still the same object.
 */
public interface KnownContent {
    /** The same for the same content, and another for every other one of this key; empty if the store says nothing. */
    Optional<String> content();

    /** Of any stream; empty for one that cannot say. */
    static Optional<String> of(InputStream stream) {
        return stream instanceof KnownContent known ? known.content() : Optional.empty();
    }
}
