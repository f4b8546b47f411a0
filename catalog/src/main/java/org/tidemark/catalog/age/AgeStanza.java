// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The part of a header that holds the file key for one recipient, of whatever type. Immutable.
 *
 * @param arguments at least one, the type
 */
@SuppressWarnings("ArrayRecordComponent") // Read once, never compared.
record AgeStanza(List<String> arguments, byte[] body) {
    static final String MARK = "-> ";
    static final String SCRYPT = "scrypt";

    private static final String X25519_TYPE = "X25519";
    private static final int LINE_LENGTH = 64;

    AgeStanza {
        arguments = List.copyOf(arguments);
    }

    static AgeStanza x25519(byte[] share, byte[] body) {
        return new AgeStanza(List.of(X25519_TYPE, Base64Line.encode(share)), body);
    }

    String type() {
        return arguments.getFirst();
    }

    /**
     * The file key, if the stanza holds it for one of these.
     *
     * @throws AgeFormatException if it is of type X25519 and malformed
     */
    Optional<FileKey> unwrap(List<AgeIdentity> identities) throws IOException {
        if (!type().equals(X25519_TYPE)) {
            return Optional.empty();
        }
        byte[] share = arguments.size() == 2 ? Base64Line.decode(arguments.get(1)) : new byte[0];
        if (share.length != X25519.SIZE || body.length != FileKeyWrap.BODY_BYTES) {
            throw new AgeFormatException("its age header has a malformed recipient");
        }
        for (AgeIdentity identity : identities) {
            Optional<FileKey> key = identity.unwrap(share, body);
            if (key.isPresent()) {
                return key;
            }
        }
        return Optional.empty();
    }

    void encode(StringBuilder header) {
        header.append(MARK).append(String.join(" ", arguments)).append('\n');
        String text = Base64Line.encode(body);
        for (int at = 0; at <= text.length(); at += LINE_LENGTH) {
            header.append(text, at, Math.min(text.length(), at + LINE_LENGTH)).append('\n');
        }
    }

    /** Reads the rest of a stanza from the lines after its first one. */
    static AgeStanza parse(String firstLine, HeaderLines lines) throws IOException {
        List<String> arguments =
                Arrays.asList(firstLine.substring(MARK.length()).split(" ", -1));
        if (arguments.contains("")) {
            throw new AgeFormatException("its age header has a recipient with an empty word");
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        String line;
        do {
            line = lines.next();
            if (line.length() > LINE_LENGTH) {
                throw new AgeFormatException("its age header has a line that is too long");
            }
            body.writeBytes(Base64Line.decode(line));
        } while (line.length() == LINE_LENGTH);
        return new AgeStanza(arguments, body.toByteArray());
    }
}
