// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * What is done to the content of an object before it is stored: it is compressed, and then perhaps encrypted.
 * Immutable.
 */
public record Encoding(Codec codec, Optional<Recipients> recipients) {
    /** Compressed alone. */
    public static Encoding of(Codec codec) {
        return new Encoding(codec, Optional.empty());
    }

    /** As objects of this kind are encoded: some kinds stay in the clear, whatever holds for the others. */
    Encoding of(ContainerKind kind) {
        return kind.isClear() ? of(codec) : this;
    }

    /** How a header names the recipients. */
    public Optional<Encryption> encryption() {
        // No lambda: setting one up costs a WAL push milliseconds.
        return recipients.isPresent() ? Optional.of(recipients.get().encryption()) : Optional.empty();
    }

    /** Encrypts what is written, where there are recipients; {@code close} ends it, and closes {@code to} as well. */
    public OutputStream encrypt(OutputStream to) throws IOException {
        return recipients.isPresent() ? recipients.get().encrypt(to) : to;
    }

    /** Equal for encodings that make the same objects. */
    @Override
    public String toString() {
        return recipients.isPresent() ? codec + " to " + recipients.get() : codec.toString();
    }
}
