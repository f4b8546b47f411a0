// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.util.Base64;

/** Base64 without padding, in the one spelling that each content has. */
final class Base64Line {
    private Base64Line() {}

    static String encode(byte[] bytes) {
        return Base64.getEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws AgeFormatException if it is not what {@link #encode} writes */
    static byte[] decode(String text) throws IOException {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (encode(bytes).equals(text)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            throw new AgeFormatException("its age header has invalid base64", e);
        }
        throw new AgeFormatException("its age header has base64 that is not in the form that is written");
    }
}
