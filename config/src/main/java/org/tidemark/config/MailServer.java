// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.net.URI;

/**
 * A server that takes mail. Immutable.
 *
 * @param host name or address
 * @param port 1 to 65535
 */
public record MailServer(String host, int port, Security security) {
    static final String EXPECTED =
            "an address, such as smtp://mail.example.org:587 (STARTTLS) or smtps://mail.example.org";

    private static final int SUBMISSION = 587;
    private static final int SUBMISSIONS = 465;
    private static final int MAX_PORT = 65_535;

    /** How the connection is protected. */
    public enum Security {
        /** From the first byte on. */
        TLS,
        /** Before anything that is secret. */
        STARTTLS,
        /** Not: the server is on this host, or the operator wants it so. */
        NONE
    }

    /**
     * Reads its address.
     *
     * @param insecure whether mail may go to another host without TLS
     * @throws IllegalArgumentException if it cannot be used
     */
    static MailServer parse(String text, boolean insecure) {
        URI uri = URI.create(text);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme();
        boolean isImplicit = scheme.equals("smtps");
        if ((!isImplicit && !scheme.equals("smtp"))
                || uri.getHost() == null
                || uri.getUserInfo() != null
                || !uri.getPath().isEmpty()
                || uri.getPort() == 0
                || uri.getPort() > MAX_PORT) {
            throw new IllegalArgumentException("not the address of a mail server");
        }
        boolean isOpen = insecure || SecretAddress.THIS_HOST.contains(uri.getHost());
        int port = uri.getPort() > 0 ? uri.getPort() : isImplicit ? SUBMISSIONS : SUBMISSION;
        return new MailServer(
                uri.getHost(), port, isImplicit ? Security.TLS : isOpen ? Security.NONE : Security.STARTTLS);
    }
}
