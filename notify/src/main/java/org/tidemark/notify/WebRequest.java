// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import org.tidemark.core.Amounts;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.NetworkCause;

/** A request to an address that is a secret: it follows no redirect, and shows nothing of an answer but its status. */
final class WebRequest {
    private static final int GOOD = 200;
    private static final int NOT_GOOD = 300;

    private WebRequest() {}

    static void post(URI address, String json) throws DeliveryFailed {
        send(HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json; charset=utf-8")
                .POST(BodyPublishers.ofString(json)));
    }

    static void get(URI address) throws DeliveryFailed {
        send(HttpRequest.newBuilder(address).GET());
    }

    private static void send(HttpRequest.Builder request) throws DeliveryFailed {
        URI address = request.build().uri();
        HttpClient client = HttpClient.newBuilder()
                .followRedirects(Redirect.NEVER)
                .connectTimeout(Sender.LIMIT)
                .build();
        try (Wait _ = LongWaits.on("an answer of " + address.getHost())) {
            HttpResponse<InputStream> answer = client.send(
                    request.timeout(Sender.LIMIT)
                            .header("User-Agent", "Tidemark")
                            .build(),
                    BodyHandlers.ofInputStream());
            // Unread: it may come without end.
            answer.body().close();
            if (answer.statusCode() < GOOD || answer.statusCode() >= NOT_GOOD) {
                throw DeliveryFailed.refused(address.getHost() + " answered with status " + answer.statusCode());
            }
        } catch (HttpTimeoutException e) {
            throw new DeliveryFailed(address.getHost() + " did not answer within " + Amounts.duration(Sender.LIMIT));
        } catch (IOException e) {
            throw new DeliveryFailed(address.getHost() + " cannot be reached: "
                    + NetworkCause.wordsOfCause(e).orElse(e.getClass().getSimpleName()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeliveryFailed("interrupted");
        } finally {
            client.shutdownNow(); // close() would wait for the end of what is left of it, without a limit
        }
    }
}
