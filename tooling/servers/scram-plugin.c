/* Teaches Mosquitto the enhanced authentication of MQTT 5.0 by SCRAM, with GNU SASL, for one user.
 *
 *   plugin scram.so
 *   plugin_opt_user anna
 *   plugin_opt_password geheim
 */
#include <gsasl.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <stdlib.h>
#include <string.h>

/* An exchange under way. */
struct exchange {
	const struct mosquitto *client;
	Gsasl_session *session;
	struct exchange *next;
};

static Gsasl *sasl;
static struct exchange *exchanges;
static const char *user = "", *password = "";

static int answer_property(Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
	(void)context;
	if (property != GSASL_PASSWORD) return GSASL_NO_CALLBACK;
	const char *authid = gsasl_property_fast(session, GSASL_AUTHID);
	if (authid == NULL || strcmp(authid, user) != 0) return GSASL_NO_PASSWORD;
	return gsasl_property_set(session, GSASL_PASSWORD, password);
}

static struct exchange **find(const struct mosquitto *client)
{
	struct exchange **at = &exchanges;
	while (*at != NULL && (*at)->client != client) at = &(*at)->next;
	return at;
}

static void forget(const struct mosquitto *client)
{
	struct exchange **at = find(client), *old = *at;
	if (old == NULL) return;
	*at = old->next;
	gsasl_finish(old->session);
	free(old);
}

static int step(struct mosquitto_evt_extended_auth *event)
{
	struct exchange *exchange = *find(event->client);
	if (exchange == NULL) return MOSQ_ERR_AUTH;
	char *out = NULL;
	size_t length = 0;
	int result = gsasl_step(exchange->session, event->data_in, event->data_in_len, &out, &length);
	if (result == GSASL_OK || result == GSASL_NEEDS_MORE) {
		event->data_out = mosquitto_malloc(length);
		memcpy(event->data_out, out, length);
		event->data_out_len = (uint16_t)length;
	}
	gsasl_free(out);
	if (result == GSASL_NEEDS_MORE) return MOSQ_ERR_AUTH_CONTINUE;
	if (result == GSASL_OK) mosquitto_set_username(event->client, gsasl_property_fast(exchange->session, GSASL_AUTHID));
	forget(event->client);
	return result == GSASL_OK ? MOSQ_ERR_SUCCESS : MOSQ_ERR_AUTH;
}

static int handle_start(int type, void *data, void *userdata)
{
	(void)type; (void)userdata;
	struct mosquitto_evt_extended_auth *event = data;
	if (strncmp(event->auth_method, "SCRAM-", 6) != 0) return MOSQ_ERR_NOT_SUPPORTED;
	forget(event->client);
	struct exchange *exchange = calloc(1, sizeof *exchange);
	exchange->client = event->client;
	if (gsasl_server_start(sasl, event->auth_method, &exchange->session) != GSASL_OK) {
		free(exchange);
		return MOSQ_ERR_NOT_SUPPORTED;
	}
	exchange->next = exchanges;
	exchanges = exchange;
	return step(event);
}

static int handle_continue(int type, void *data, void *userdata)
{
	(void)type; (void)userdata;
	return step(data);
}

static int handle_disconnect(int type, void *data, void *userdata)
{
	(void)type; (void)userdata;
	forget(((struct mosquitto_evt_disconnect *)data)->client);
	return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_version(int count, const int *versions)
{
	for (int at = 0; at < count; at++) if (versions[at] == 5) return 5;
	return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **userdata, struct mosquitto_opt *options, int count)
{
	(void)userdata;
	for (int at = 0; at < count; at++) {
		if (strcmp(options[at].key, "user") == 0) user = options[at].value;
		if (strcmp(options[at].key, "password") == 0) password = options[at].value;
	}
	if (gsasl_init(&sasl) != GSASL_OK) return MOSQ_ERR_UNKNOWN;
	gsasl_callback_set(sasl, answer_property);
	mosquitto_callback_register(id, MOSQ_EVT_EXT_AUTH_START, handle_start, NULL, NULL);
	mosquitto_callback_register(id, MOSQ_EVT_EXT_AUTH_CONTINUE, handle_continue, NULL, NULL);
	mosquitto_callback_register(id, MOSQ_EVT_DISCONNECT, handle_disconnect, NULL, NULL);
	return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int count)
{
	(void)userdata; (void)options; (void)count;
	while (exchanges != NULL) forget(exchanges->client);
	gsasl_done(sasl);
	return MOSQ_ERR_SUCCESS;
}
