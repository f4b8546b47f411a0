// SPDX-License-Identifier: Apache-2.0
/** What the repositories of a cluster hold, read once for a command, as the values that its answers are made of. */
package org.tidemark.session.reading;
