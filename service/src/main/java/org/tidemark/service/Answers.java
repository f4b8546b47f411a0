// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.util.Optional;
import java.util.function.Supplier;

/** What an endpoint answers, from memory alone. Thread-safe. */
interface Answers {
    /**
     * The answer to a path.
     *
     * @param path the encoded path of a request; it is compared, and never used as a path of files
     * @param accept the header Accept, or the empty text
     * @return empty if nothing is there
     */
    Optional<Answer> at(String path, String accept);

    /** Who may ask for what, and how much of it at once. */
    enum Kind {
        /** Opened by a browser, also by a link of another site. */
        PAGE,
        /** Read by programs, and by pages of this endpoint. */
        DATA,
        /** Read by Prometheus, whatever becomes of the others. */
        METRICS
    }

    /**
     * One answer.
     *
     * @param contentType with its encoding
     * @param body computes the bytes; called only if they are sent
     */
    record Answer(Kind kind, String contentType, Supplier<byte[]> body) {}
}
