// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;

/**
 * An address that everybody may use who knows it, as those of chats: given itself, or in a file. It is never shown.
 * Immutable.
 */
public final class SecretAddress {
    static final String EXPECTED =
            "an address, such as https://chat.example.org/hooks/1, or the absolute path of a file with one";

    private static final int MAX_PORT = 65_535;
    /** As an address has them. */
    static final Set<String> THIS_HOST = Set.of("localhost", "127.0.0.1", "[::1]");

    private final String text;
    private final String key;
    private final boolean insecure;

    private SecretAddress(String text, String key, boolean insecure) {
        this.text = text;
        this.key = key;
        this.insecure = insecure;
    }

    /**
     * Without reading a file.
     *
     * @param key of the configuration, for messages
     * @param insecure whether it may go to another host without TLS
     * @throws IllegalArgumentException if it is neither an address that may be used nor a path
     */
    static SecretAddress parse(String text, String key, boolean insecure) {
        SecretAddress address = new SecretAddress(text, key, insecure);
        if (!address.isFile()) {
            address.uri(text);
        } else if (!Path.of(text).isAbsolute()) {
            throw new InvalidPathException(text, "not absolute");
        }
        return address;
    }

    private boolean isFile() {
        return text.startsWith("/");
    }

    /**
     * The address as it is now: what is in the file may change.
     *
     * @throws UserFacingException if there is none
     */
    public URI read() {
        if (!isFile()) {
            return uri(text);
        }
        try {
            return uri(Files.readString(Path.of(text)).strip());
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "cannot read '" + text + "', which " + key + " names: " + FileProblem.of(e),
                    "Let the user that runs Tidemark read it, and nobody else.",
                    e);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + text + "', which " + key + " names, has no address that may be used",
                    "Write one line into it: an address that begins with https://. Plain http:// goes to this host alone,"
                            + " unless 'insecure = true' is set beside it.",
                    e);
        }
    }

    private URI uri(String address) {
        try {
            URI uri = new URI(address);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme();
            boolean isAllowed = scheme.equals("https")
                    || (scheme.equals("http") && (insecure || THIS_HOST.contains(String.valueOf(uri.getHost()))));
            if (!isAllowed || uri.getHost() == null || uri.getUserInfo() != null || uri.getPort() > MAX_PORT) {
                throw new IllegalArgumentException("not an address that may be used");
            }
            return uri;
        } catch (URISyntaxException e) {
            // Without the address, which is a secret.
            throw new IllegalArgumentException("not an address");
        }
    }

    /** The path of the file, or the server alone. */
    @Override
    public String toString() {
        return isFile() ? text : uri(text).getHost();
    }
}
