// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.util.Optional;

/**
 * A stream that knows the store's tag of the content that it reads, such as an ETag or a generation. A reader that
 * resumes after a break compares the tags to see whether the object is still the same.
 */
public interface ContentTagged {
    /** The tag: equal for equal content of a key, different for different content; empty if the store has no tags. */
    Optional<String> contentTag();

    /** The tag of any stream; empty for a stream that knows none. */
    static Optional<String> of(InputStream stream) {
        return stream instanceof ContentTagged tagged ? tagged.contentTag() : Optional.empty();
    }
}
