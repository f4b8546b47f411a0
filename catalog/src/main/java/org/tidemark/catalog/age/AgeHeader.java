// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.age.AgeHeader.Base64Line;
import org.tidemark.catalog.age.AgeHeader.HeaderLines;
import org.tidemark.catalog.age.FileKey.FileKeyWrap;

/** The text at the beginning of an age file: for each recipient a stanza that holds the file key. Immutable. */
public final class AgeHeader {
    private static final String VERSION = "age-encryption.org/v1";
    private static final String END = "---";
    private static final int MAC_BYTES = 32;

    private final List<AgeStanza> stanzas;
    private final byte[] authenticated;
    private final byte[] mac;
    private final int sizeBytes;

    private AgeHeader(List<AgeStanza> stanzas, byte[] authenticated, byte[] mac, int sizeBytes) {
        this.stanzas = List.copyOf(stanzas);
        this.authenticated = authenticated;
        this.mac = mac;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Reads a header and leaves the stream after its last byte.
     *
     * @throws AgeFormatException if the header is not in exactly the form in which it is written
     */
    public static AgeHeader read(InputStream from) throws IOException {
        HeaderLines lines = new HeaderLines(from);
        if (!lines.next().equals(VERSION)) {
            throw new AgeFormatException("it is not an age file of version 1");
        }
        List<AgeStanza> stanzas = new ArrayList<>();
        String line = lines.next();
        while (line.startsWith(AgeStanza.MARK)) {
            stanzas.add(AgeStanza.parse(line, lines));
            line = lines.next();
        }
        if (!line.startsWith(END + " ") || stanzas.isEmpty()) {
            throw new AgeFormatException("its age header does not end as it must");
        }
        byte[] mac = Base64Line.decode(line.substring(END.length() + 1));
        if (mac.length != MAC_BYTES) {
            throw new AgeFormatException("its age header is not authenticated");
        }
        if (stanzas.size() > 1
                && stanzas.stream().anyMatch(stanza -> stanza.type().equals(AgeStanza.SCRYPT))) {
            throw new AgeFormatException("its age header has a passphrase and another recipient");
        }
        byte[] read = lines.bytes();
        int authenticated = read.length - line.length() - 1 + END.length();
        return new AgeHeader(stanzas, Arrays.copyOf(read, authenticated), mac, read.length);
    }

    /** A header for a new file, as it is stored. */
    static byte[] encode(FileKey key, List<AgeRecipient> recipients, SecureRandom random) {
        if (recipients.isEmpty()) {
            throw new IllegalArgumentException("nobody could read it");
        }
        StringBuilder text = new StringBuilder(VERSION).append('\n');
        for (AgeRecipient recipient : recipients) {
            recipient.wrap(key, random).encode(text);
        }
        text.append(END);
        byte[] mac = key.mac(text.toString().getBytes(StandardCharsets.US_ASCII));
        text.append(' ').append(Base64Line.encode(mac)).append('\n');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * The file key, if one of these identities is a recipient.
     *
     * @throws AgeFormatException if the header was changed, or is malformed
     */
    public Optional<FileKey> unwrap(List<AgeIdentity> identities) throws IOException {
        for (AgeStanza stanza : stanzas) {
            Optional<FileKey> key = stanza.unwrap(identities);
            if (key.isPresent()) {
                if (!MessageDigest.isEqual(key.get().mac(authenticated), mac)) {
                    throw new AgeFormatException("its age header was changed");
                }
                return key;
            }
        }
        return Optional.empty();
    }

    public int sizeBytes() {
        return sizeBytes;
    }

    /** Base64 without padding, in the one spelling that each content has. */
    static final class Base64Line {
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

    /** Reads lines of printable ASCII, not a byte beyond the last one, and keeps them. Not thread-safe. */
    static final class HeaderLines {
        /** A recipient takes about 100 bytes; a longer text is not a header. */
        static final int MAX_HEADER_BYTES = 64 << 10;

        private final InputStream from;
        private final ByteArrayOutputStream read = new ByteArrayOutputStream(512);

        HeaderLines(InputStream from) {
            this.from = from;
        }

        /** Without its line feed. */
        String next() throws IOException {
            int begin = read.size();
            for (int next = from.read(); next != '\n'; next = from.read()) {
                if (next < ' ' || next > '~' || read.size() >= MAX_HEADER_BYTES) {
                    throw new AgeFormatException(
                            next < 0
                                    ? "it ends within its age header"
                                    : "it has no age header: it does not begin with lines of text");
                }
                read.write(next);
            }
            read.write('\n');
            byte[] bytes = read.toByteArray();
            return new String(bytes, begin, bytes.length - 1 - begin, StandardCharsets.US_ASCII);
        }

        byte[] bytes() {
            return read.toByteArray();
        }
    }

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
                header.append(text, at, Math.min(text.length(), at + LINE_LENGTH))
                        .append('\n');
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
}
