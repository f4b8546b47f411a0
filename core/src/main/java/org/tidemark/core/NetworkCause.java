// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Words and hints for network failures, chosen by the cause of the failure. */
public final class NetworkCause {
    private static final int MAX_CAUSES = 10;

    private NetworkCause() {}

    /** The hint for a failure, by the innermost cause that is known; null if no cause is known. */
    public static @Nullable String hint(@Nullable Throwable failure) {
        String hint = null;
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_CAUSES; depth++) {
            String known = hintOf(at);
            // The JDK's HTTP client reports an unknown host as a refused connection with a more precise cause.
            hint = known == null ? hint : known;
            at = at.getCause();
        }
        return hint;
    }

    /** A failure of the network in plain words, by the innermost cause that is known; empty if no cause is known. */
    public static Optional<String> wordsOfCause(Throwable failure) {
        Optional<String> words = Optional.empty();
        @Nullable Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_CAUSES; depth++) {
            Optional<String> known = words(at);
            words = known.isPresent() ? known : words;
            at = at.getCause();
        }
        return words;
    }

    /** A failure of the network in plain words; empty for any other. */
    public static Optional<String> words(Throwable failure) {
        String said = String.valueOf(failure.getMessage());
        return Optional.ofNullable(
                switch (failure) {
                    case UnknownHostException _ -> "the host name '" + host(said) + "' is unknown";
                    case UnresolvedAddressException _ -> "the host name is unknown";
                    case NoRouteToHostException _ -> "there is no route to the host";
                    case ConnectException _ when !isTimeout(failure) -> "the host refused the connection";
                    case ConnectException _ -> "the host did not answer in time";
                    case SocketTimeoutException _ -> "the server did not answer in time";
                    case CertPathBuilderException _ ->
                        "the server's certificate is not signed by an authority that this host trusts";
                    default -> null;
                });
    }

    /** Java appends what the resolver said. */
    private static String host(String said) {
        return said.contains(":") ? said.substring(0, said.indexOf(':')) : said;
    }

    /** When the server's certificate expired, in words; empty if the failure has another cause. */
    public static Optional<String> expired(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof CertificateExpiredException expired) {
                String date = date(String.valueOf(expired.getMessage()))
                        .map(instant -> " at " + UtcTime.seconds(instant))
                        .orElse("");
                return Optional.of("the server's certificate expired" + date);
            }
        }
        return Optional.empty();
    }

    /** Java prints the date into the message as {@link java.util.Date#toString} does, and gives it in no other way. */
    private static Optional<Instant> date(String message) {
        try {
            DateTimeFormatter printed = DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss zzz yyyy", Locale.US);
            return Optional.of(Instant.from(
                    printed.parse(message.substring(message.indexOf(':') + 1).strip())));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The hint for the output of a program such as ssh or rsync, which is not translated. */
    public static @Nullable String hintOfWords(String said) {
        if (said.contains("Connection refused")) {
            return hintOf(new ConnectException());
        }
        if (said.contains("Connection timed out")) {
            return hintOf(new SocketTimeoutException());
        }
        if (said.contains("No route to host")) {
            return hintOf(new NoRouteToHostException());
        }
        return said.contains("Could not resolve hostname")
                        || said.contains("Name or service not known")
                        || said.contains("Temporary failure in name resolution")
                ? hintOf(new UnknownHostException())
                : null;
    }

    private static @Nullable String hintOf(Throwable cause) {
        if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
            return "The host name is unknown: compare the address in the configuration with the output of"
                    + " 'getent hosts NAME'.";
        }
        if (cause instanceof NoRouteToHostException) {
            return "There is no route to the host: check this host's routes with 'ip route', and its firewalls.";
        }
        if (cause instanceof ConnectException && !isTimeout(cause)) {
            return "Nothing listens at that port: check that the server is running, and that host and port in the"
                    + " configuration are right.";
        }
        if (cause instanceof SocketTimeoutException || isTimeout(cause)) {
            return "The host does not answer: a firewall may drop the packets, or a proxy may be needed. A slow server"
                    + " needs a longer connect-timeout or read-timeout.";
        }
        if (cause instanceof CertificateException || cause instanceof CertPathValidatorException) {
            return "Set ca-file to the certificate of the authority that signed the server's certificate, and use the"
                    + " host name in the server's certificate.";
        }
        if (cause instanceof InvalidAlgorithmParameterException) {
            return "This Java has no certificates of authorities: install the package ca-certificates-java, or set"
                    + " ca-file to the certificate of the authority that signed the server's certificate.";
        }
        // An SSLException with a cause has a more precise reason, which the loop finds next.
        return cause instanceof SSLException && cause.getCause() == null
                ? "Client and server do not agree on TLS: is this the port for https, and not the one for http?"
                : null;
    }

    /** Some libraries report a timeout only in the message. */
    private static boolean isTimeout(Throwable cause) {
        String message = cause.getMessage();
        return message != null && message.toLowerCase(Locale.ROOT).contains("timed out");
    }
}
