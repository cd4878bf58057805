# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# lib-tls.sh - certificates made on the spot, servers and clients that use
# them. To be sourced after lib.sh, which loads the module for port 443, too.
#
# What is drawn is the same at each run, but for times. All keys are Ed25519 and
# all dates are fixed: so are the lengths of what is sent. Both ends run on one
# CPU, and the client goes first whenever it can: no server closes before it has
# done what it does. And ACKs do not wait for company.

SITE=www.example.org

# shellcheck disable=SC2153 # NAME is of lib.sh
start_capture()
{
	tcpdump -i lo -s 0 -U --immediate-mode -Z root \
		-w "$DEMO_OUT/$NAME.pcap" tcp 2>"$DIR/tcpdump" &
	CAPTURE_PID=$!
	wait_for 60 "tcpdump" grep -q listening "$DIR/tcpdump"
}

# As many packets as are in its file when it goes: tcpdump, too, may have to wait
# for its turn.
stop_capture()
{
	before=
	while size=$(stat -c %s "$DEMO_OUT/$NAME.pcap"); [ "$size" != "$before" ]; do
		before=$size
		sleep 1
	done
	kill "$CAPTURE_PID"
	wait "$CAPTURE_PID" || true
}

# certificate NAME FROM UNTIL - signed by the demo's own authority
certificate()
{
	openssl genpkey -algorithm ed25519 -out "$DIR/$1.key" 2>/dev/null
	openssl req -new -key "$DIR/$1.key" -out "$DIR/$1.csr" \
		-subj "/O=Example/CN=$1.example.org" \
		-addext "subjectAltName=DNS:$1.example.org,IP:127.0.0.1"
	(cd "$DIR" && openssl ca -batch -config ca.conf -in "$1.csr" \
		-out "$1.crt" -startdate "$2" -enddate "$3" -notext) \
		2>"$DIR/ca.log" || give_up "no certificate: $(cat "$DIR/ca.log")"
}

make_authority()
{
	: >"$DIR/index"
	echo 01 >"$DIR/serial"
	cat >"$DIR/ca.conf" <<-END
	[ca]
	default_ca = d
	[d]
	database = index
	serial = serial
	new_certs_dir = .
	certificate = ca.crt
	private_key = ca.key
	default_md = default
	policy = p
	copy_extensions = copy
	unique_subject = no
	[p]
	organizationName = optional
	commonName = supplied
	END
	openssl req -x509 -newkey ed25519 -nodes -keyout "$DIR/ca.key" \
		-out "$DIR/ca.crt" -days 3650 \
		-subj "/O=Example/CN=Example Authority" 2>/dev/null
}

# make_certificates NAME... - of www, client and expired
make_certificates()
{
	[ -z "${DEMO_CAPTURE:-}" ] || start_capture
	say "An authority and certificates, made on the spot: $*"
	make_authority
	for name; do
		case $name in
		expired) certificate expired 20240101000000Z 20250101000000Z ;;
		*) certificate "$name" 20250101000000Z 20491231000000Z ;;
		esac
	done
	settle_order
}

# start_https CERTIFICATE [NGINX-LINE]... - on 127.0.0.1:443
start_https()
{
	cert=$1
	shift
	mkdir "$DIR/www"
	echo "Hello from nginx, in secret." >"$DIR/www/index.html"
	write_nginx_conf "listen 127.0.0.1:443 ssl ${HTTP2:-};
	        ssl_certificate $DIR/$cert.crt;
	        ssl_certificate_key $DIR/$cert.key;
	        ssl_protocols ${PROTOCOLS:-TLSv1.2 TLSv1.3};
	        $(for line; do printf '%s; ' "$line"; done)"
	printf '# nginx -c %s\n' "$DIR/nginx.conf"
	[ $# -eq 0 ] || printf '    %s;\n' "$@"
	second nginx -c "$DIR/nginx.conf" &
	# shellcheck disable=SC2034 # stop_nginx is in lib.sh
	NGINX_PID=$!
	wait_for 60 "nginx to listen (see $DIR/error.log)" listening 443
}

# get PORT [OPTION]... - one request by curl, from a port of ours
get()
{
	port=$1
	shift
	printf '# curl -s --cacert ca.crt %s https://%s/\n' "$*" "$SITE"
	first curl -s --cacert "$DIR/ca.crt" --local-port "$port" \
		--resolve "$SITE:443:127.0.0.1" "$@" "https://$SITE/"
}

# refused STATUS COMMAND... - a client has to give up with this exit status
refused()
{
	want=$1 got=0
	shift
	"$@" || got=$?
	[ $got -eq "$want" ] ||
		give_up "the client ended with status $got instead of $want"
}

# start_s_server [OPTION]... - openssl's own, on port 443
start_s_server()
{
	echo "Hello from openssl." >"$DIR/index.html"
	printf '# openssl s_server -accept 443 -WWW %s\n' "$*"
	(cd "$DIR" && second openssl s_server -accept 127.0.0.1:443 -WWW \
		-cert www.crt -key www.key "$@" >s_server.log 2>&1) &
	SERVER_PID=$!
	wait_for 60 "s_server to listen (see $DIR/s_server.log)" listening 443
}

stop_s_server()
{
	kill "$SERVER_PID"
	wait "$SERVER_PID" || true
}

# s_client PORT [OPTION]... - the request and its answer, from a port of ours
s_client()
{
	port=$1
	shift
	printf '# openssl s_client -servername %s %s\n' "$SITE" "$*"
	printf 'GET /index.html HTTP/1.0\r\n\r\n' | (cd "$DIR" &&
		first timeout 60 openssl s_client -quiet -ign_eof \
		-verify_return_error -CAfile ca.crt -connect 127.0.0.1:443 \
		-bind "127.0.0.1:$port" -servername "$SITE" "$@" 2>/dev/null)
}

# over NUMBER - so many connections have ended, but for TIME_WAIT
over()
{
	until_is 60 "[.[] | select(all(.client, .server;
		.states[-1] == \"CLOSED\" or .states[-1] == \"TIME_WAIT\"))] |
		length >= $1"
}
