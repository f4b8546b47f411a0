// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.InputStream;
import java.io.OutputStream;

/** The bytes as they are. */
record PlainCodec() implements Codec {
    @Override
    public String id() {
        return "none";
    }

    @Override
    public OutputStream compress(OutputStream to) {
        return to;
    }

    @Override
    public InputStream decompress(InputStream from) {
        return from;
    }

    @Override
    public String toString() {
        return id();
    }
}
